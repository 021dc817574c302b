dbkit::schema! {
    enum Mood { Happy, SoSo }

    /// People of both databases.
    table people (id) {
        #[identity]
        id -> Integer,
        #[unique, max_length = 40]
        name -> Varchar,
        #[default = "'so_so'"]
        mood -> Mood,
        other -> Nullable<Mood>,
        #[default = true]
        active -> Bool,
        small -> SmallInt,
        big -> BigInt,
        #[default = "0.5"]
        score -> Double,
        picture -> Nullable<Binary>,
        doc -> Json,
        extra -> Nullable<Jsonb>,
        born_on -> Date,
        wakes_at -> Time,
        #[default = "now()"]
        created_at -> Timestamp,
        #[default = "'2001-01-01 00:00:00'", on_update = "now()"]
        updated_at -> Timestamp,
    }

    #[index(person_id, text(desc))]
    table notes (id) {
        #[identity]
        id -> Integer,
        #[references(people.id, on_delete = cascade)]
        person_id -> Integer,
        text -> Text,
    }
}
