-- Where values are to be told by the devices as they change (COV), instead of being asked for.

alter table device add cov boolean not null default false;
alter table point add cov boolean;
comment on column device.cov is 'True: the device is asked to tell changed values (SubscribeCOV), where it can; they are still polled, more slowly';
comment on column point.cov is 'The same for one point; null: as its device';
