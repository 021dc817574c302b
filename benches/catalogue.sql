-- Eight raw catalogue queries: about what any tool must read to know a schema. What psql needs for
-- them is the measure of `dbkit pull`.
SELECT oid, nspname, nspowner FROM pg_namespace;
SELECT c.oid, c.relname, c.relnamespace, c.relkind, c.relpersistence, c.relam, c.reltablespace, c.reloptions,
       c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.relispartition
  FROM pg_class c WHERE c.oid >= 16384;
SELECT a.attrelid, a.attnum, a.attname, a.atttypid, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
       a.attgenerated, a.attcollation, a.attstorage, a.attislocal
  FROM pg_attribute a WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid >= 16384;
SELECT adrelid, adnum, pg_get_expr(adbin, adrelid) FROM pg_attrdef;
SELECT oid, conname, contype, conrelid, confrelid, conindid, pg_get_constraintdef(oid) FROM pg_constraint WHERE oid >= 16384;
SELECT indexrelid, indrelid, indisunique, indisprimary, indisvalid, pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid >= 16384;
SELECT t.oid, t.typname, t.typnamespace, t.typtype, t.typbasetype, e.enumlabel
  FROM pg_type t LEFT JOIN pg_enum e ON e.enumtypid = t.oid ORDER BY t.oid, e.enumsortorder;
SELECT objoid, classoid, objsubid, description FROM pg_description WHERE objoid >= 16384;
