// What needs_library needs.
int from_the_library();

int from_the_library() { return 0; }
