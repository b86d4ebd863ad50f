# Where the library goes: `cmake --install`, then find_package(flowcoro) gives flowcoro::flowcoro.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

function(flowcoro_install_library target)
  install(TARGETS ${target} flowcoro_warnings flowcoro_sanitizers EXPORT flowcoro_targets
          ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(EXPORT flowcoro_targets NAMESPACE flowcoro:: DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/flowcoro"
          FILE flowcoro_targets.cmake)
  configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/flowcoro-config.cmake.in"
    "${PROJECT_BINARY_DIR}/flowcoro-config.cmake"
    INSTALL_DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/flowcoro")
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/flowcoro-config-version.cmake"
    COMPATIBILITY SameMinorVersion)
  install(FILES "${PROJECT_BINARY_DIR}/flowcoro-config.cmake" "${PROJECT_BINARY_DIR}/flowcoro-config-version.cmake"
          DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/flowcoro")
endfunction()
