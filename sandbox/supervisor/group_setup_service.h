#pragma once

#include "sandbox/supervisor/group_service.h"

namespace evd::supervisor {

// What the settings mean on this machine: who is in the group, which boot this is, whose uids and
// gids count. Fails where the group could not start: no boot id, or a KMES that is not there.
base::Result<GroupSetup> prepareGroup(const config::Settings& settings);

}  // namespace evd::supervisor
