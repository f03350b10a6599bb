# Every flag is probed: gcc 12 and clang 14 each lack several.
include(CheckCCompilerFlag)

add_library(flyball_warnings INTERFACE)

foreach(flag
		-Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wformat=2 -Wstrict-prototypes
		-Wmissing-prototypes -Wold-style-definition -Wvla -Wundef -Wdouble-promotion -Wfloat-equal
		-Wcast-qual -Wwrite-strings -Wnull-dereference -Wimplicit-fallthrough -Wswitch-enum
		-Wpointer-arith -Wredundant-decls -Wlogical-op -Wduplicated-cond -Wduplicated-branches
		-Wformat-signedness -Walloca -Warray-bounds=2 -Wcomma)
	string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
	check_c_compiler_flag(${flag} ${have})
	if(${have})
		target_compile_options(flyball_warnings INTERFACE ${flag})
	endif()
endforeach()

if(FLYBALL_WERROR)
	target_compile_options(flyball_warnings INTERFACE -Werror)
endif()
