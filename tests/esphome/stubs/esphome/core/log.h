// As much of ESPHome as the component needs, written for its tests from the documented interface.
#pragma once

#include <cstdio>

#define ESP_LOGW(tag, ...) ((void)(tag), (void)std::snprintf(nullptr, 0, __VA_ARGS__))
#define ESP_LOGCONFIG(tag, ...) ((void)(tag), (void)std::snprintf(nullptr, 0, __VA_ARGS__))
