# flowcoro_source_paths: what is compiled names its sources from the top of the repository. The folder of a clone then stands in no
# executable, so builds of equal sources are equal wherever they were made: a gate takes such subjects as controls.
# Debug information keeps the folder, in which a debugger looks for sources.
add_library(flowcoro_source_paths INTERFACE)
target_compile_options(flowcoro_source_paths INTERFACE
  "-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/="
  "-fmacro-prefix-map=${PROJECT_BINARY_DIR}/=build/") # the last one that fits counts

# Behind the target that every other one links; not for those who link the installed library.
target_link_libraries(flowcoro_warnings INTERFACE $<BUILD_INTERFACE:flowcoro_source_paths>)
