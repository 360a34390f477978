-- notifications-db: what we told whom. Written by notification-service only.
-- PostgreSQL 16 or later.

CREATE TABLE templates (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    language   text NOT NULL,
    subject    text NOT NULL,
    body       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT templates_name_language_key UNIQUE (name, language)
);

COMMENT ON TABLE templates IS 'The words of each message, by language; about 60 rows.';

CREATE TABLE notifications (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id     bigint NOT NULL,
    template_id bigint NOT NULL REFERENCES templates (id),
    event_id    uuid NOT NULL,
    channel     text NOT NULL,
    status      text NOT NULL DEFAULT 'queued',
    parameters  jsonb NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    sent_at     timestamptz,
    read_at     timestamptz,
    CONSTRAINT notifications_event_id_channel_key UNIQUE (event_id, channel),
    CONSTRAINT notifications_channel_is_known CHECK (channel IN ('email', 'inbox')),
    CONSTRAINT notifications_status_is_known CHECK (status IN ('queued', 'sent', 'failed'))
);
-- "My messages, newest first".
CREATE INDEX notifications_user_id_created_at_idx ON notifications (user_id, created_at DESC);
CREATE INDEX notifications_template_id_idx ON notifications (template_id);

COMMENT ON TABLE notifications IS 'One row for each message. Kept for 90 days.';
COMMENT ON COLUMN notifications.event_id IS 'With the channel it is unique: an event delivered twice sends one mail.';
COMMENT ON COLUMN notifications.parameters IS 'Ids and numbers for the template; the mail address is not kept here.';
