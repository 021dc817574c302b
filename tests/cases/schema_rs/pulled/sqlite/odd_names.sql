CREATE TABLE "select" ("from" INTEGER PRIMARY KEY, "a""b" TEXT, "a'b" TEXT, [c d] TEXT, `e``f` TEXT, "имя" TEXT, "日本" INT,
    "new
line" INT, "0start" INT, "--c" INT, "/*" INT, "" INT);
CREATE TABLE "self" ("Self" TEXT PRIMARY KEY, "crate" INTEGER REFERENCES "select", "super" TEXT, "Crate2" INT AS ("crate") STORED);
CREATE INDEX "i select" ON "select" ("a""b" DESC, [c d], "日本" || 'x');
CREATE UNIQUE INDEX "i'self" ON "self" ("super") WHERE "Self" <> 'x';
CREATE TABLE words ("desc" TEXT, "asc" TEXT, expr TEXT, "column" TEXT, include TEXT, name TEXT, "unique" TEXT, PRIMARY KEY ("desc" DESC, "asc"));
CREATE INDEX by_words ON words ("desc" DESC, "asc" COLLATE NOCASE, expr DESC, "column" COLLATE RTRIM DESC, include DESC, name DESC, "unique" DESC);
CREATE INDEX by_desc ON words ("desc" DESC);
