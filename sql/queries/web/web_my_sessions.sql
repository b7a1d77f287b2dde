-- Where who acts is logged in, and which of these sessions this one is.
select access_sessions(web_user());
