#pragma once

#include "common/config/settings.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace evd::config {

// The key below which everything of ours lives, and below which names are given.
inline constexpr std::string_view kRegistryRoot = "Machine\\System\\eventd";
inline constexpr std::string_view kDefaultValueName = "@";

enum class ValueType { Sz, Expand, Multi, Dword, Qword, Binary, Sddl };

// One value as a registry holds it: typed, but not yet checked against any setting.
struct RegistryValue {
    std::string name;  // below kRegistryRoot with backslashes, as spelled: Security\Events\*
    ValueType type = ValueType::Sz;
    // Sz and Expand hold text, Binary and Sddl bytes, the latter compiled; none when unreadable.
    std::optional<SettingValue> data;
    std::string source;  // the file it came from
};

// Something wrong with the configuration, for a person: file or key, value and reason.
struct Problem {
    std::string source;  // file or option; "" when no single one is to blame
    std::string key;     // full path of key and value; "" when the file as a whole is wrong
    std::string value;
    std::string reason;
    bool refuses_start = false;
};

// One line: "<source>: <key>: <value>: <reason>", without the parts that are empty.
std::string formatProblem(const Problem& problem);

// All values below kRegistryRoot, by folded name; a key's default value has the name <key>\@.
struct RegistrySnapshot {
    std::map<std::string, RegistryValue, std::less<>> values;
    std::vector<Problem> problems;
    // False when a source could not be read and never was: what it sets is not known. The problems
    // say which.
    bool is_complete = true;
};

// Where configuration comes from: files here, LCS on Peios.
//
// read() is called by one thread, at the start and after each sign of a change; it keeps what was
// good of a source that can no longer be read, and says so in the problems. A sign of a change
// comes by one of two ways: from changeFd(), which becomes readable and is then emptied by
// takeChanges(), or, where there is none, from inotify looking at watchPaths(), which may not
// exist.
class Registry {
  public:
    virtual ~Registry() = default;
    virtual RegistrySnapshot read() = 0;
    virtual std::vector<std::string> watchPaths() const = 0;
    virtual int changeFd() const { return -1; }
    // True when it is a sign of a change.
    virtual bool takeChanges() { return false; }
};

}  // namespace evd::config
