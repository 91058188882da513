CREATE TABLE IF NOT EXISTS goods (name text PRIMARY KEY, stock int NOT NULL CHECK (stock >= 0));
INSERT INTO goods VALUES ('anchor', 12), ('rope', 300), ('crane', 2) ON CONFLICT DO NOTHING;
