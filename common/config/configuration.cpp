#include "common/config/configuration.h"

#include "common/base/text.h"
#include "common/config/embedded_paths.h"
#include "common/config/registry_file.h"
#include "common/config/security_values.h"
#include "common/config/setting_check.h"
#include "common/config/socket_paths.h"

#include <algorithm>
#include <array>
#include <utility>

namespace evd::config {

namespace {

using base::cat;

constexpr size_t kShownBytesMax = 80;

struct ThresholdPair {
    std::string_view drop;
    std::string_view create;
};

// Spec §12: the drop threshold MUST be less than the create threshold.
constexpr auto kThresholds = std::to_array<ThresholdPair>({
    {"AdaptiveIndexDropThreshold", "AdaptiveIndexCreateThreshold"},
    {"AdaptiveRollupDropThreshold", "AdaptiveRollupCreateThreshold"},
});

std::string keyOf(std::string_view name) {
    return cat(kRegistryRoot, "\\", name);
}

std::string shown(const RegistryValue& value) {
    std::string text = value.data ? formatSettingValue(*value.data) : std::string();
    if (text.size() > kShownBytesMax) {
        text.resize(base::wholeCharacters(text, kShownBytesMax));
        text += "...";
    }
    return text;
}

// Builds one configuration; lives for one call.
class Loader {
  public:
    explicit Loader(const LoadOptions& options) : options_(options) {
        out_.settings = Settings::defaults();
    }

    Configuration load() {
        layState();
        layRegistry();
        checkThresholds();
        checkRequired();
        fillDerived();
        return std::move(out_);
    }

  private:
    void layState() {
        if (options_.state_folder.empty()) {
            return;
        }
        const auto embedded = embeddedPaths(options_.state_folder);
        if (!embedded.ok()) {
            report("--state", "", options_.state_folder, embedded.error().text, true);
            return;
        }
        for (const auto& [name, value] : embedded.value().values()) {
            lay(name, value, "state");
        }
    }

    void layRegistry() {
        auto snapshot = options_.registry->read();
        out_.problems.insert(out_.problems.end(), snapshot.problems.begin(),
                             snapshot.problems.end());
        for (const auto& spec : settingSpecs()) {
            const auto found = snapshot.values.find(foldRegistryName(spec.name));
            if (found != snapshot.values.end()) {
                layRegistryValue(spec, found->second);
            }
        }
        laySecurity(snapshot);
    }

    // Nothing falls back to what was in force: whoever mistypes a tighter rule must not be left
    // with the wider one (Ruling A6).
    //
    // Of a registry that is not known in full the same is true of rules that nobody has read: what
    // was in force stays, and where nothing was, SYSTEM alone is shown anything (decision 0008).
    void laySecurity(const RegistrySnapshot& snapshot) {
        if (!snapshot.is_complete) {
            if (options_.previous != nullptr) {
                out_.settings.setSecurity(options_.previous->security());
                return;
            }
            out_.settings.setSecurity(access::systemPolicy());
            report(
                "", keyOf("Security"), "",
                "the registry is not known in full, so only SYSTEM is shown anything until it is",
                false);
            return;
        }
        auto values = readSecurityValues(snapshot);
        out_.settings.setSecurity(std::move(values.policy));
        out_.sources.merge(values.sources);
        out_.problems.insert(out_.problems.end(), values.problems.begin(), values.problems.end());
    }

    void layRegistryValue(const SettingSpec& spec, const RegistryValue& value) {
        auto checked = checkSetting(spec, value);
        if (checked.ok()) {
            lay(spec.name, std::move(checked).value(), value.source);
            return;
        }
        const bool falls_back = fallBack(spec.name);
        if (value.data || (spec.required && !falls_back)) {
            report(value.source, keyOf(spec.name), shown(value), checked.error().text,
                   spec.required && !falls_back);
        }
        if (spec.required && !falls_back) {
            refused_.emplace_back(spec.name);
        }
    }

    // Back to what was in force, if anything was. A required key that a file sets to something
    // invalid does not quietly fall back to the state folder.
    bool fallBack(std::string_view name) {
        if (options_.previous == nullptr) {
            return false;
        }
        const auto& values = options_.previous->values();
        const auto found = values.find(name);
        if (found != values.end()) {
            lay(name, found->second, "previous value");
        }
        return found != values.end();
    }

    void checkThresholds() {
        for (const auto& pair : kThresholds) {
            auto& settings = out_.settings;
            if (settings.number(pair.drop) < settings.number(pair.create)) {
                continue;
            }
            report(
                sourceOf(pair.drop), keyOf(pair.drop), cat(settings.number(pair.drop)),
                cat("must be less than ", pair.create, ", which is ", settings.number(pair.create)),
                false);
            const Settings good = options_.previous ? *options_.previous : Settings::defaults();
            for (const auto name : {pair.drop, pair.create}) {
                settings.set(name, good.number(name));
                out_.sources.erase(std::string(name));
            }
        }
    }

    void fillDerived() {
        auto& settings = out_.settings;
        if (settings.text("QuerySocketPath").empty() || settings.has("RpcSocketPath")) {
            return;
        }
        settings.set("RpcSocketPath", socketPaths(settings).rpc);
    }

    void checkRequired() {
        for (const auto& spec : settingSpecs()) {
            const bool refused =
                std::find(refused_.begin(), refused_.end(), spec.name) != refused_.end();
            if (spec.required && !refused && !out_.settings.has(spec.name)) {
                report("", keyOf(spec.name), "", "is required and not set",
                       /*refuses_start=*/!fallBack(spec.name));
            }
        }
    }

    void lay(std::string_view name, SettingValue value, std::string source) {
        out_.settings.set(name, std::move(value));
        out_.sources.insert_or_assign(std::string(name), std::move(source));
    }

    std::string sourceOf(std::string_view name) const {
        const auto found = out_.sources.find(name);
        return found == out_.sources.end() ? std::string() : found->second;
    }

    void report(std::string source, std::string key, std::string value, std::string reason,
                bool refuses_start) {
        out_.problems.push_back({std::move(source), std::move(key), std::move(value),
                                 std::move(reason), refuses_start});
    }

    const LoadOptions& options_;
    Configuration out_;
    std::vector<std::string> refused_;
};

std::string textOf(const Settings& settings, std::string_view name) {
    const auto found = settings.values().find(name);
    return found == settings.values().end() ? std::string() : formatSettingValue(found->second);
}

}  // namespace

bool Configuration::usable() const {
    return std::none_of(problems.begin(), problems.end(),
                        [](const Problem& problem) { return problem.refuses_start; });
}

Configuration loadConfiguration(const LoadOptions& options) {
    return Loader(options).load();
}

std::string formatProblem(const Problem& problem) {
    std::string out;
    for (const auto* part : {&problem.source, &problem.key, &problem.value, &problem.reason}) {
        if (!part->empty()) {
            out += cat(out.empty() ? "" : ": ", *part);
        }
    }
    return out;
}

LiveChange applyLive(const Settings& running, const Settings& fresh) {
    LiveChange change{running, {}, {}};
    for (const auto& [name, value] : fresh.values()) {
        const auto found = running.values().find(name);
        if (found != running.values().end() && found->second == value) {
            continue;
        }
        SettingChange entry{name, textOf(running, name), textOf(fresh, name)};
        if (findSettingSpec(name)->applies == Applies::Live) {
            change.settings.set(name, value);
            change.applied.push_back(std::move(entry));
        } else {
            change.waiting.push_back(std::move(entry));
        }
    }
    // One that is gone and has no default is in force until a start: there is nothing to put in its
    // place.
    for (const auto& [name, value] : running.values()) {
        if (!fresh.has(name)) {
            change.waiting.push_back({name, textOf(running, name), ""});
        }
    }
    // Spec §12: descriptors apply to the next query.
    for (auto& entry : changedRules(running.security(), fresh.security())) {
        change.applied.push_back(std::move(entry));
    }
    change.settings.setSecurity(fresh.security());
    return change;
}

}  // namespace evd::config
