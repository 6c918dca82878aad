// The version of this build, from CMakeLists.txt.
#pragma once

namespace irmeterd {

inline constexpr const char* version_text = IRMETER_VERSION;

}  // namespace irmeterd
