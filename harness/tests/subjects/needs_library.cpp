// Needs a shared library that is not there when it is started.
int from_the_library();

int main() { return from_the_library(); }
