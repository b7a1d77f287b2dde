-- The secret of the second factor of who acts, whether it counts, and the 30 s of its last code.
select encode(secret, 'hex'), is_there, step from access_totp_look();
