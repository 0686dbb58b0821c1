#pragma once

#include "common/base/result.h"
#include "sandbox/supervisor/process_table.h"

#include <sys/types.h>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace evd::supervisor {

// Whom a program runs as.
struct Identity {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;  // supplementary ones; no others are left
    bool operator==(const Identity&) const = default;
};

// One for every program, or none at all: a group in which only some have a user of their own would
// look safer than it is.
struct Identities {
    std::map<Program, Identity> programs;
    std::string why_none;  // a half sentence, when `programs` is empty
};

// The user and the primary group that a name stands for; nothing when there is no such user.
using UserLookup = std::function<std::optional<Identity>(const std::string&)>;
std::optional<Identity> lookUpUser(const std::string& name);

// What `Linux\Users` says: a user for each program, "store=eventd" and so on. A user is a name, or
// numbers `uid` or `uid:gid` for machines without such a name. queryd gets the store's group
// besides its own, by which it reads the databases. Invalid, with the entry, when one cannot be
// understood, when two programs would be the same user (each could then reach into the other) or
// one would be root. Empty with a reason when users are missing. Pure but for the lookup.
base::Result<Identities> chooseIdentities(const std::vector<std::string>& entries,
                                          const UserLookup& lookup);

// Whether this process may give others another user and end them then. Giving files away is another
// right, which is needed only where the stores do not belong to their user yet.
bool maySwitchUsers();

}  // namespace evd::supervisor
