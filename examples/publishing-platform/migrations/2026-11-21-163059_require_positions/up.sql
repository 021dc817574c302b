ALTER TABLE nodes ALTER COLUMN "position" SET DEFAULT 1;

ALTER TABLE nodes ADD CONSTRAINT position__dbkit_not_null CHECK ("position" IS NOT NULL) NOT VALID;
