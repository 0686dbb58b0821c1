#pragma once

#include "common/config/configuration.h"
#include "common/ipc/convert.h"

#include <vector>

namespace evd::supervisor {

// What of the configuration is not in force, for `evctl status`: settings that wait for the next
// start, with the value that runs and the one that is configured, and what was refused, with the
// reason. Refused are values, and files as a whole, which then stand under their own name. Nothing
// that eventd does not know is ever shown. Pure.
std::vector<wire::SettingNotice> settingNotices(const config::Settings& running,
                                                const std::vector<config::SettingChange>& waiting,
                                                const std::vector<config::Problem>& problems);

}  // namespace evd::supervisor
