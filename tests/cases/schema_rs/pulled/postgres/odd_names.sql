CREATE SCHEMA "my schema";
CREATE TYPE "my schema"."Mood Of The Day" AS ENUM ('so-so', 'so so', '', 'type', 'A"b');
CREATE TYPE text_ AS ENUM ('a');
CREATE TABLE "a-b" ("a-b" int, "a b" int, a_b int, "table" int, "columns" text, "self" text,
    "2nd" text, "--" text, "new
line" text, "quo""te" text, "größe" text, "Id" int, id int, "createdAt" timestamptz(3),
    PRIMARY KEY ("a-b", "a b"));
CREATE TABLE "a b" ("a b" int UNIQUE, dsl int, star int, diesel int, "bool" bool);
CREATE TABLE a_b (a_b int REFERENCES "a b" ("a b") ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "my schema"."a_b" (x "my schema"."Mood Of The Day"[], y text_ DEFAULT 'a');
CREATE TABLE "my schema".a_table_with_a_very_long_name_that_is_close_to_the_limit_of_names
    (a_column_with_a_very_long_name_that_is_close_to_the_limit_of_it int UNIQUE CHECK
        (a_column_with_a_very_long_name_that_is_close_to_the_limit_of_it > 0));
COMMENT ON TABLE "a-b" IS E'First line\n\n  indented, "quoted" \\ back';
COMMENT ON COLUMN "a-b"."--" IS E'ends with a blank ';
CREATE INDEX ON "a-b" (lower("columns") text_pattern_ops DESC, "--" COLLATE "C") INCLUDE ("2nd") WHERE a_b > 0;
