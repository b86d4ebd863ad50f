// main() of every C++ subject.

#include "flowbench_kit/program.hpp"

int main(int argc, char** argv) { return flowbench::run_program(argc, argv, flowbench::describe_subject); }
