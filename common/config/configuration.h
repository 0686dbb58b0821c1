#pragma once

#include "common/config/registry.h"
#include "common/config/security_values.h"
#include "common/config/settings.h"

#include <map>
#include <string>
#include <vector>

namespace evd::config {

// What all sources together say, and what is wrong with it.
struct Configuration {
    Settings settings;
    std::vector<Problem> problems;
    // setting, or Security\Events\<pattern>, → file, "state" or absent
    std::map<std::string, std::string, std::less<>> sources;

    // False when a required setting is missing or invalid: the group must not start.
    bool usable() const;
};

// Where to look. The registry outlives the call.
struct LoadOptions {
    Registry* registry = nullptr;
    std::string state_folder;            // --state; "" for none
    const Settings* previous = nullptr;  // what is in force; invalid values fall back to it
};

// Lays defaults, the state folder and the registry over one another and checks every value
// (Spec §12, contracts §2 and §3).
//
// An invalid optional value is reported and the previous or default one stays; a required one that
// is missing or invalid, with nothing to fall back to, makes the configuration unusable. A drop
// threshold that is not below its create threshold takes both back. RpcSocketPath is filled in.
// Unknown names below Machine\System\eventd are ignored. Called by the supervisor at the start and
// at each reload, and by evctl; one thread.
Configuration loadConfiguration(const LoadOptions& options);

// What of a freshly loaded configuration may take effect in a running group: settings that need a
// restart keep their running value (Spec §10.1). A pure function.
struct LiveChange {
    Settings settings;
    std::vector<SettingChange> applied;
    std::vector<SettingChange> waiting;  // for a restart
};
LiveChange applyLive(const Settings& running, const Settings& fresh);

}  // namespace evd::config
