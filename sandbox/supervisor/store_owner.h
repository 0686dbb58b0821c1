#pragma once

#include "common/base/result.h"

#include <sys/types.h>
#include <string>
#include <vector>

namespace evd::supervisor {

// Gives the folders and the files of the stores to the store's user: a store that was made before
// there was one, or by a group that ran as root, goes on under its new owner.
//
// For whoever may give files away (maySwitchUsers). Takes databases and what SQLite puts beside
// them: plain files with one name that belong to root or to the folder's owner. Follows no link.
// What is ours (the lock, where the sensor was) stays with root. A folder that belongs to anybody
// but `uid`, holds other things than a store, and is not below `state_folder`, is not taken: it may
// be /var/lib. Denied then, with what to do.
base::Result<void> handOverStores(const std::vector<std::string>& folders, uid_t uid, gid_t gid,
                                  const std::string& state_folder);

}  // namespace evd::supervisor
