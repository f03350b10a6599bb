# Code generation that the product relies on in every build, and hardening of optimised builds.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)

add_library(flyball_hardening INTERFACE)

# -ffp-contract=off: a fused multiply-add moves a ratio across a ceil() boundary, so decisions would differ
# between machines.
target_compile_options(flyball_hardening INTERFACE
	-ffp-contract=off -fno-common -fvisibility=hidden -fno-strict-aliasing -fno-strict-overflow
	-fno-delete-null-pointer-checks -fstack-protector-strong)
target_compile_definitions(flyball_hardening INTERFACE _GNU_SOURCE)
target_include_directories(flyball_hardening INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(flyball_hardening INTERFACE FLYBALL_VERSION="${PROJECT_VERSION}")
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(FLYBALL_SANITIZE)
	target_compile_options(flyball_hardening INTERFACE
		-fsanitize=${FLYBALL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
	target_link_options(flyball_hardening INTERFACE -fsanitize=${FLYBALL_SANITIZE})
endif()

if(FLYBALL_COVERAGE)
	target_compile_options(flyball_hardening INTERFACE --coverage -O0 -fprofile-update=atomic)
	target_link_options(flyball_hardening INTERFACE --coverage)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release")
	# assert() stays: it guards against our own bugs only.
	set(CMAKE_C_FLAGS_RELEASE "-O2")
	foreach(flag -fstack-clash-protection -fcf-protection=full -mbranch-protection=standard
			-ftrivial-auto-var-init=zero -fstrict-flex-arrays=3 -fzero-call-used-regs=used-gpr)
		string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
		check_c_compiler_flag(${flag} ${have})
		if(${have})
			target_compile_options(flyball_hardening INTERFACE ${flag})
		endif()
	endforeach()
	target_compile_options(flyball_hardening INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -g1)
	target_link_options(flyball_hardening INTERFACE -pie)
	foreach(flag -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code -Wl,--as-needed)
		string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
		check_linker_flag(C ${flag} ${have})
		if(${have})
			target_link_options(flyball_hardening INTERFACE ${flag})
		endif()
	endforeach()
endif()
