#include "sandbox/supervisor/setting_notices.h"

#include "common/base/text.h"
#include "common/config/setting_check.h"

#include <string_view>

namespace evd::supervisor {

namespace {

std::string_view nameOf(const config::Problem& problem) {
    const std::string_view key = problem.key.empty() ? problem.source : problem.key;
    const std::string prefix = base::cat(config::kRegistryRoot, "\\");
    return key.starts_with(prefix) ? key.substr(prefix.size()) : key;
}

std::string runningText(const config::Settings& running, std::string_view name) {
    const auto found = running.values().find(name);
    return found == running.values().end() ? "" : config::formatSettingValue(found->second);
}

}  // namespace

std::vector<wire::SettingNotice> settingNotices(const config::Settings& running,
                                                const std::vector<config::SettingChange>& waiting,
                                                const std::vector<config::Problem>& problems) {
    std::vector<wire::SettingNotice> notices;
    for (const auto& change : waiting) {
        notices.push_back({change.name, change.old_text, change.new_text, ""});
    }
    for (const auto& problem : problems) {
        const std::string name(nameOf(problem));
        notices.push_back({name, runningText(running, name), problem.value, problem.reason});
    }
    return notices;
}

}  // namespace evd::supervisor
