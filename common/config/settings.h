#pragma once

#include "common/access/security_policy.h"
#include "common/base/result.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace evd::config {

enum class SettingType { Text, TextList, Dword, Qword, Binary };
enum class Applies { Live, AtRestart };

using SettingValue =
    std::variant<uint64_t, std::string, std::vector<std::string>, std::vector<uint8_t>>;

// One setting, described once for the whole suite: the registry files are checked against it,
// `evctl config` prints it, the documentation is generated from it.
struct SettingSpec {
    std::string_view name;  // as in PSD-008 §12; sub-keys with a backslash: Linux\Sensors
    SettingType type = SettingType::Dword;
    uint64_t min = 0;
    uint64_t max = 0;
    std::string_view default_text;  // as a person would write it; "" for none
    bool required = false;          // no default; the group does not start without it
    Applies applies = Applies::Live;
    std::string_view meaning;
};

std::span<const SettingSpec> settingSpecs();
// Names compare case-insensitively; nullptr when there is no such setting.
const SettingSpec* findSettingSpec(std::string_view name);

// The effective settings of the group: defaults, with what the registry set and was valid laid
// over.
//
// Children receive all of them in start and again after each change. number(), text() and list() of
// a name that is no setting, or of another type, is a broken invariant (a typing mistake of ours).
// A value; any thread may read a const one.
class Settings {
  public:
    // Every setting that has a default.
    static Settings defaults();

    void set(std::string_view name, SettingValue value);
    bool has(std::string_view name) const;

    uint64_t number(std::string_view name) const;
    const std::string& text(std::string_view name) const;  // "" when unset
    const std::vector<std::string>& list(std::string_view name) const;

    const std::map<std::string, SettingValue, std::less<>>& values() const { return values_; }

    // The descriptors below Security\. No setting of the table, because their names are free.
    const access::SecurityPolicy& security() const { return security_; }
    void setSecurity(access::SecurityPolicy security) { security_ = std::move(security); }

    bool operator==(const Settings&) const = default;

  private:
    std::map<std::string, SettingValue, std::less<>> values_;  // by the spec's spelling of the name
    access::SecurityPolicy security_;
};

}  // namespace evd::config
