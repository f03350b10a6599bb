# One static library per folder; USES names the folders it may use. main.c of a folder is its program.
function(flyball_library name)
	cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
	file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${name}/*.c)
	list(FILTER sources EXCLUDE REGEX "/main\\.c$")
	if(NOT sources)
		add_library(flyball_${name} INTERFACE)
		set(kind INTERFACE)
	else()
		add_library(flyball_${name} STATIC ${sources})
		set(kind PUBLIC)
		target_link_libraries(flyball_${name} PRIVATE flyball_warnings)
	endif()
	target_link_libraries(flyball_${name} ${kind} flyball_hardening)
	foreach(used IN LISTS ARG_USES)
		target_link_libraries(flyball_${name} ${kind} flyball_${used})
	endforeach()
	if(name STREQUAL "common")
		target_link_libraries(flyball_common ${kind} PkgConfig::CURL PkgConfig::JANSSON
			PkgConfig::YAML PkgConfig::MICROHTTPD PkgConfig::PCRE2 PkgConfig::GNUTLS PkgConfig::ZLIB m)
	endif()
endfunction()

function(flyball_program program folder)
	if(NOT EXISTS ${CMAKE_SOURCE_DIR}/${folder}/main.c)
		return()
	endif()
	add_executable(${program} ${CMAKE_SOURCE_DIR}/${folder}/main.c)
	target_link_libraries(${program} PRIVATE flyball_${folder} flyball_warnings)
	install(TARGETS ${program})
endfunction()

# A program that prints its manual page tells what it takes: the page cannot say anything else.
function(flyball_manual program)
	set(page ${CMAKE_BINARY_DIR}/man/${program}.8)
	add_custom_command(OUTPUT ${page}
		COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/man
		COMMAND ${program} --man > ${page}
		DEPENDS ${program} VERBATIM)
	add_custom_target(${program}-manual ALL DEPENDS ${page})
	install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
endfunction()
