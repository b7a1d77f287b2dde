-- Whoever corrects a device's address by hand is told at once that it is none. The device was left alone, online to all who looked, and
-- its points stayed good. Rows that are wrong already may stay until they are changed.
alter table device add constraint address_is_like_10_1_2_9_or_10_1_2_1_2001_0a check (address ~ (
    '^((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])'
    || '(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?'
    || '(/([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-4]):([0-9a-fA-F]{2}){1,7})?$')) not valid;
