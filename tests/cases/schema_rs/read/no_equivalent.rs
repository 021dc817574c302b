// dialect: sqlite
dbkit::schema! {
    #[exclude(room with "=", method = "gist")]
    #[partition_by = "LIST (room)"]
    #[index(room, method = gin)]
    #[index(room(opclass = "text_pattern_ops"), name = "other")]
    table auth.bookings (id) {
        id -> Integer,
        room -> Text,
        #[serial]
        number -> Integer,
        #[storage = external]
        blob -> Binary,
        amount -> Money,
    }
}
