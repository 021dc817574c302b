ALTER TABLE nodes ALTER COLUMN "position" SET NOT NULL;

ALTER TABLE nodes DROP CONSTRAINT position__dbkit_not_null;
