# With -DCMAKE_UNITY_BUILD=ON several source files are compiled as one, which takes a third of the
# time. Files share their anonymous namespace then.
if(CMAKE_UNITY_BUILD)
  # A name of one file may hide one of another, and what is local to a file is in an included one.
  target_compile_options(irmeter_options INTERFACE -Wno-shadow
    $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()

# compile_alone(FILE...): files of this folder that have a name of their own for something that
# another file's name means as well.
function(compile_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
