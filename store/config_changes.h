#pragma once

#include "common/config/settings.h"
#include "store/synthetic.h"

#include <cstdint>
#include <vector>

namespace evd::store {

// One synthetic.config_change for every setting that differs (Spec §10.1, Rulings S3, S11), by
// name: values typed as the registry has them, nil where a side has none; then one for every
// descriptor that does, as SDDL. The supervisor only hands over changes that apply while running,
// so each difference is one that was applied. Pure.
std::vector<SyntheticEvent> configChangeEvents(int64_t wall_ns,
                                               const config::Settings& old_settings,
                                               const config::Settings& new_settings);

}  // namespace evd::store
