#pragma once

#include "common/base/text.h"
#include "common/config/registry_file.h"

#include <doctest/doctest.h>
#include <string>
#include <string_view>
#include <vector>

namespace evd::test {

// A registry of one text, as a file would hold it.
class TextRegistry final : public config::Registry {
  public:
    TextRegistry() = default;
    // The "keys" of a file, without their brackets.
    explicit TextRegistry(std::string_view keys) { setKeys(keys); }

    void setKeys(std::string_view keys) { text_ = base::cat(R"({"keys": [)", keys, "]}"); }
    // Values of our root key alone.
    void set(std::string_view values) {
        setKeys(base::cat(R"({"path": "Machine\\System\\eventd", "values": [)", values, "]}"));
    }
    config::RegistrySnapshot read() override {
        config::RegistrySnapshot snapshot;
        snapshot.is_complete = is_complete;
        const auto file = config::parseRegistryFile(text_, "t.reg", snapshot.problems);
        REQUIRE(file);
        snapshot.problems = file->problems;
        for (const auto& value : file->values) {
            snapshot.values.insert_or_assign(config::foldRegistryName(value.name), value);
        }
        return snapshot;
    }
    std::vector<std::string> watchPaths() const override { return {}; }

    bool is_complete = true;

  private:
    std::string text_ = R"({"keys": []})";
};

}  // namespace evd::test
