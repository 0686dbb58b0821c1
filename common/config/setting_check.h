#pragma once

#include "common/config/registry.h"
#include "common/config/settings.h"

#include "common/base/result.h"

namespace evd::config {

inline constexpr size_t kListItemBytesMax = 255;

// Turns what a registry holds into the value of one setting, or says in a sentence why it cannot.
//
// The type must be the setting's own; numbers must lie in its range; paths are absolute; words with
// a fixed choice (Linux\KmesBackend, Linux\Sensors) are of that choice, and Linux\BootId is a GUID.
// Pure; any thread.
base::Result<SettingValue> checkSetting(const SettingSpec& spec, const RegistryValue& value);

// For a person: numbers and text as they are, lists with commas between, bytes in hex.
std::string formatSettingValue(const SettingValue& value);

}  // namespace evd::config
