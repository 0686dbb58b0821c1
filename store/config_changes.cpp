#include "store/config_changes.h"

#include "common/wire/msgpack.h"

#include <set>
#include <string>
#include <variant>

namespace evd::store {

namespace {

// msgpack of the value; empty, which stands for nil, when there is none.
std::vector<uint8_t> encodedValue(const config::Settings& settings, const std::string& name) {
    std::vector<uint8_t> bytes;
    const auto found = settings.values().find(name);
    if (found == settings.values().end()) {
        return bytes;
    }
    wire::MsgpackWriter out(bytes);
    if (const auto* number = std::get_if<uint64_t>(&found->second)) {
        out.unsignedInteger(*number);
    } else if (const auto* text = std::get_if<std::string>(&found->second)) {
        out.text(*text);
    } else if (const auto* list = std::get_if<std::vector<std::string>>(&found->second)) {
        out.arrayHeader(static_cast<uint32_t>(list->size()));
        for (const std::string& item : *list) {
            out.text(item);
        }
    } else if (const auto* binary = std::get_if<std::vector<uint8_t>>(&found->second)) {
        out.bytes(*binary);
    }
    return bytes;
}

}  // namespace

std::vector<SyntheticEvent> configChangeEvents(int64_t wall_ns,
                                               const config::Settings& old_settings,
                                               const config::Settings& new_settings) {
    std::set<std::string> names;
    for (const auto* side : {&old_settings, &new_settings}) {
        for (const auto& [name, value] : side->values()) {
            names.insert(name);
        }
    }
    std::vector<SyntheticEvent> events;
    for (const std::string& name : names) {
        const auto old_value = encodedValue(old_settings, name);
        const auto new_value = encodedValue(new_settings, name);
        if (old_value != new_value) {
            events.push_back(configChangeEvent(wall_ns, name, old_value, new_value));
        }
    }
    return events;
}

}  // namespace evd::store
