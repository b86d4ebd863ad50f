# Script: installs the build tree BUILD below WORK, then builds this project against it with COMPILER, and runs it.
function(step name)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE log ERROR_VARIABLE log)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${name} ended with ${code}:\n${log}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK}")
step(install "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
step(configure "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${WORK}/build" -DCMAKE_BUILD_TYPE=Release
     "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
step(build "${CMAKE_COMMAND}" --build "${WORK}/build")
step(run "${WORK}/build/consumer")
