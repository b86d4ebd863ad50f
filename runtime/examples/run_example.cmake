# Script: runs PROGRAM and compares its output with the file EXPECTED, where <n>ns stands for any time.
execute_process(COMMAND "${PROGRAM}" RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE errors)
string(REGEX REPLACE "[0-9]+ns" "<n>ns" output "${output}")
file(READ "${EXPECTED}" expected)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ended with ${code}:\n${output}${errors}")
elseif(NOT output STREQUAL expected)
  message(FATAL_ERROR "${PROGRAM} printed\n${output}instead of\n${expected}")
endif()
