# Hardening of every program, as far as the compiler and the processor have it. Packagers' flags for
# the same come before these and may stay.
include(CheckCXXCompilerFlag)
include(CheckLinkerFlag)

# harden(FLAG...): compiles with each flag that the compiler knows.
function(harden)
  foreach(flag IN LISTS ARGN)
    string(MAKE_C_IDENTIFIER "IRMETER_HAS${flag}" known)
    check_cxx_compiler_flag(${flag} ${known})
    if(${known})
      target_compile_options(irmeter_options INTERFACE ${flag})
    endif()
  endforeach()
endfunction()

harden(-fstack-protector-strong -fstack-clash-protection)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|i[3-6]86)$")
  harden(-fcf-protection)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  harden(-mbranch-protection=standard)
endif()

# The checks of the standard library are cheap beside a line of 9600 baud.
target_compile_options(irmeter_options INTERFACE -D_GLIBCXX_ASSERTIONS)

# The checks of the C library need an optimised build, and sanitizers have better ones.
set(IRMETER_FORTIFIED OFF)
string(TOUPPER "CMAKE_CXX_FLAGS_${CMAKE_BUILD_TYPE}" flags_of_type)
if("${CMAKE_CXX_FLAGS} ${${flags_of_type}}" MATCHES "-O[123s]" AND NOT IRMETER_SANITIZE)
  set(IRMETER_FORTIFIED ON)
  target_compile_options(irmeter_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()

# Static libraries go into programs only, so they are compiled as those are.
target_compile_options(irmeter_options INTERFACE -fPIE)
target_link_options(irmeter_options INTERFACE -pie)
foreach(flag -Wl,-z,relro -Wl,-z,now)
  string(MAKE_C_IDENTIFIER "IRMETER_HAS${flag}" known)
  check_linker_flag(CXX ${flag} ${known})
  if(${known})
    target_link_options(irmeter_options INTERFACE ${flag})
  endif()
endforeach()
