// evd_fuzz_links: evd_common_config evd_common_base
#include "common/base/text.h"
#include "common/config/configuration.h"
#include "common/config/registry_file.h"
#include "common/config/setting_check.h"

// A registry file is written by people and tools: whatever it holds, it is read or refused, and no
// value that passes the check is one that Settings would not take.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    namespace base = evd::base;
    namespace config = evd::config;
    std::vector<config::Problem> problems;
    const auto file = config::parseRegistryFile(base::asText({data, size}), "fuzz.reg", problems);
    if (!file) {
        return 0;
    }
    config::Settings settings;
    for (const auto& value : file->values) {
        const auto* spec = config::findSettingSpec(value.name);
        if (spec == nullptr) {
            continue;
        }
        auto checked = config::checkSetting(*spec, value);
        if (checked.ok()) {
            settings.set(spec->name, std::move(checked).value());
        }
    }
    return 0;
}
