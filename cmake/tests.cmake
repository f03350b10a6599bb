# tests/unit mirrors the sources: one check program per file, linked with its folder and what that may use.
add_library(flyball_testing INTERFACE)
target_link_libraries(flyball_testing INTERFACE PkgConfig::CHECK)

# A slow machine under a sanitizer is no failure: check waits longer than its 4 s for a test, ctest longer than that.
set(FLYBALL_TEST_ENVIRONMENT
	"TZ=GMT+12"
	"CK_DEFAULT_TIMEOUT=120"
	"ASAN_OPTIONS=strict_string_checks=1:detect_stack_use_after_return=1"
	"UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
	"FLYBALL_SOURCE_DIR=${CMAKE_SOURCE_DIR}"
	"FLYBALL_BIN_DIR=${CMAKE_BINARY_DIR}/bin")

foreach(folder common kube promql controller adapter sandbox cli)
	file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${folder}/test_*.c)
	foreach(source IN LISTS tests)
		get_filename_component(stem ${source} NAME_WE)
		set(target ${folder}_${stem})
		add_executable(${target} ${source})
		target_link_libraries(${target} PRIVATE flyball_${folder} flyball_testing flyball_warnings)
		set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
		add_test(NAME unit/${folder}/${stem} COMMAND ${target} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
		set_tests_properties(unit/${folder}/${stem} PROPERTIES LABELS unit TIMEOUT 600
			ENVIRONMENT "${FLYBALL_TEST_ENVIRONMENT}")
	endforeach()
endforeach()

foreach(part conformance flow fault fuzz lint)
	if(EXISTS ${CMAKE_SOURCE_DIR}/tests/${part}/CMakeLists.txt)
		add_subdirectory(${CMAKE_SOURCE_DIR}/tests/${part} ${CMAKE_BINARY_DIR}/tests/${part})
	endif()
endforeach()
