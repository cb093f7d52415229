-- Collectors may be set over the API: by whoever administers a site, and not by the operator of the machine.

-- Whom it talks to was said over the API: it reaches hosts of the internet alone, and nothing of the operator's networks.
alter table collectors add column is_confined boolean not null default false;
