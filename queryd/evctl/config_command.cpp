#include "queryd/evctl/config_command.h"

#include "common/base/nearest_word.h"
#include "common/base/text.h"
#include "common/config/open_registry.h"
#include "common/config/setting_check.h"
#include "queryd/evctl/output/json_object.h"
#include "queryd/evctl/output/list_text.h"
#include "queryd/evctl/output/plain_text.h"

namespace evd::evctl {

namespace {

using config::SettingSpec;
using config::SettingType;

const char* typeText(SettingType type) {
    switch (type) {
        case SettingType::Text:
            return "sz";
        case SettingType::TextList:
            return "multi";
        case SettingType::Dword:
            return "dword";
        case SettingType::Qword:
            return "qword";
        case SettingType::Binary:
            return "binary";
    }
    return "";
}

std::string rangeText(const SettingSpec& spec) {
    const std::string range = base::cat(spec.min, '-', spec.max);
    switch (spec.type) {
        case SettingType::Text:
        case SettingType::Binary:
            return range + " bytes";
        case SettingType::TextList:
            return range + " items";
        case SettingType::Dword:
        case SettingType::Qword:
            return range;
    }
    return range;
}

std::string valueText(const config::Configuration& configuration, const SettingSpec& spec) {
    const auto& values = configuration.settings.values();
    const auto value = values.find(spec.name);
    return value == values.end() ? std::string() : config::formatSettingValue(value->second);
}

std::string sourceText(const config::Configuration& configuration, const SettingSpec& spec) {
    const auto source = configuration.sources.find(spec.name);
    return source == configuration.sources.end() ? "default" : source->second;
}

const char* appliesText(const SettingSpec& spec) {
    return spec.applies == config::Applies::Live ? "at once" : "restart";
}

std::string nearestSetting(const std::string& name) {
    std::vector<std::string_view> names;
    for (const SettingSpec& spec : config::settingSpecs()) {
        names.push_back(spec.name);
    }
    return std::string(base::nearestWord(name, names));
}

}  // namespace

base::Result<config::Configuration> readConfiguration(const Arguments& arguments,
                                                      const Environment& environment) {
    const auto registry = config::openForReading(arguments.registry);
    config::LoadOptions options;
    options.registry = registry.get();
    options.state_folder = arguments.state;
    if (options.state_folder.empty() && arguments.registry.empty()) {
        options.state_folder = environment("EVENTD_STATE").value_or("");
    }
    return config::loadConfiguration(options);
}

std::string configListText(const config::Configuration& configuration) {
    std::vector<std::vector<std::string>> rows = {
        {"setting", "value", "source", "type", "range", "applies", "meaning"}};
    for (const SettingSpec& spec : config::settingSpecs()) {
        const std::string value = valueText(configuration, spec);
        rows.push_back({std::string(spec.name), value.empty() ? "-" : printable(value),
                        printable(sourceText(configuration, spec)), typeText(spec.type),
                        rangeText(spec), appliesText(spec), std::string(spec.meaning)});
    }
    return alignedTable(rows);
}

std::string configListJsonl(const config::Configuration& configuration) {
    std::string out;
    for (const SettingSpec& spec : config::settingSpecs()) {
        JsonObject line;
        line.text("applies", appliesText(spec));
        line.text("default", spec.default_text);
        line.text("meaning", spec.meaning);
        line.text("range", rangeText(spec));
        line.text("setting", spec.name);
        line.text("source", sourceText(configuration, spec));
        line.text("type", typeText(spec.type));
        line.text("value", valueText(configuration, spec));
        out += line.str() + '\n';
    }
    return out;
}

base::Result<std::string> configValue(const config::Configuration& configuration,
                                      const std::string& name) {
    const SettingSpec* spec = config::findSettingSpec(name);
    if (spec == nullptr) {
        const std::string nearest = nearestSetting(name);
        return base::fail(base::ErrorKind::Invalid,
                          base::cat("there is no setting ", name,
                                    nearest.empty() ? "" : "; did you mean " + nearest + "?"));
    }
    const auto& values = configuration.settings.values();
    const auto value = values.find(spec->name);
    if (value == values.end()) {
        return std::string("\n");
    }
    const auto* text = std::get_if<std::string>(&value->second);
    return (text != nullptr ? *text : config::formatSettingValue(value->second)) + "\n";
}

std::string configProblemsText(const config::Configuration& configuration) {
    std::string out;
    for (const config::Problem& problem : configuration.problems) {
        out += printable(config::formatProblem(problem)) + "\n";
    }
    return out;
}

base::Result<void> runConfig(const Arguments& arguments, const Environment& environment,
                             OutputStream& output) {
    const auto configuration = readConfiguration(arguments, environment);
    const std::string& what = arguments.words.front();
    if (!configuration.ok()) {
        return configuration.error();
    }
    if (what == "check") {
        output.buffer() += configProblemsText(configuration.value());
        EVD_TRY(output.flush());
        return configuration.value().problems.empty()
                   ? base::Result<void>()
                   : base::fail(base::ErrorKind::Invalid, "the configuration has problems");
    }
    if (what == "get") {
        auto value = configValue(configuration.value(), arguments.words.back());
        if (!value.ok()) {
            return value.error();
        }
        output.buffer() += value.value();
    } else {
        output.buffer() += listText(arguments.format, configListText(configuration.value()),
                                    configListJsonl(configuration.value()));
    }
    return output.flush();
}

}  // namespace evd::evctl
