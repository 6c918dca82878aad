// The TOML library once more, instrumented: the fuzzer sees its way through it, and the sanitizers
// watch it too. What is defined here comes before what the shared library has.
#define TOML_IMPLEMENTATION
#include <toml++/toml.h>
