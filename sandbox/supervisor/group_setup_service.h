#pragma once

#include "common/config/configuration.h"
#include "sandbox/supervisor/group_service.h"

namespace evd::supervisor {

// Whether nothing is wrong with a configuration, those settings included that only this machine can
// judge: who the programs run as, where events come from, which boot it is; prepareGroup() fails on
// them too. For --check, which has told the problems already.
base::Result<void> checkConfiguration(const config::Configuration& loaded);

// What the settings mean on this machine: who is in the group, which boot this is, whose uids and
// gids count, whom each program runs as and what it sees. Gives the stores to their user. Fails
// where the group could not start: no boot id, a KMES that is not there, a store that cannot be
// given.
base::Result<GroupSetup> prepareGroup(const config::Settings& settings,
                                      const std::string& state_folder);

// The births of the programs of a plan, as far as our own capabilities allow.
std::map<Program, Birth> birthsOf(const GroupPlan& plan, const Identities& identities,
                                  const Namespaces& available);

}  // namespace evd::supervisor
