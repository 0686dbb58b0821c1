// A container's header comes before its elements in msgpack but its count is known only after them.
// So elements are written onto the end of one buffer, and when a container closes, its header is
// put in front of them; the open containers remember where they began.

#include "queryd/evctl/json_payload.h"

#include "common/base/text.h"
#include "common/wire/msgpack.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace evd::evctl {

namespace {

using Json = nlohmann::json;

class PayloadBuilder final : public nlohmann::json_sax<Json> {
  public:
    bool null() override {
        return element([](auto& writer) { writer.nil(); });
    }
    bool boolean(bool value) override {
        return element([&](auto& writer) { writer.boolean(value); });
    }
    bool number_integer(number_integer_t value) override {
        return element([&](auto& writer) { writer.integer(value); });
    }
    bool number_unsigned(number_unsigned_t value) override {
        return element([&](auto& writer) { writer.unsignedInteger(value); });
    }
    bool number_float(number_float_t value, const string_t& digits) override {
        // What has neither point nor exponent was an integer that fits no 64 bits.
        if (digits.find_first_of(".eE") == string_t::npos) {
            return refuse(base::cat("the integer ", digits, " does not fit 64 bits"));
        }
        return element([&](auto& writer) { writer.floating(value); });
    }
    bool string(string_t& value) override {
        return element([&](auto& writer) { writer.text(value); });
    }
    bool binary(binary_t&) override { return refuse("JSON has no binary values"); }

    bool start_object(std::size_t) override { return open(/*is_object=*/true); }
    bool start_array(std::size_t) override { return open(/*is_object=*/false); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        auto& keys = open_.back().keys;
        const auto place = std::lower_bound(keys.begin(), keys.end(), name);
        if (place != keys.end() && *place == name) {
            return refuse(base::cat("the key \"", name, "\" stands twice in one object"));
        }
        keys.insert(place, name);
        wire::MsgpackWriter(out_).text(name);
        return true;
    }

    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception& exception) override {
        return refuse(base::cat("not JSON at byte ", position, ": ", reasonOf(exception.what())));
    }

    base::Result<std::vector<uint8_t>> take(bool parsed) {
        if (!parsed) {
            return base::fail(base::ErrorKind::Invalid, error_);
        }
        return std::move(out_);
    }

  private:
    struct Container {
        bool is_object;
        size_t begins_at;
        uint32_t count = 0;
        std::vector<std::string> keys = {};  // sorted
    };

    template <typename Write>
    bool element(Write write) {
        wire::MsgpackWriter writer(out_);
        write(writer);
        countElement();
        return true;
    }

    void countElement() {
        if (!open_.empty()) {
            ++open_.back().count;
        }
    }

    bool open(bool is_object) {
        if (open_.size() >= kPayloadDepthMax) {
            return refuse(base::cat("more than ", kPayloadDepthMax, " containers in one another"));
        }
        open_.push_back({is_object, out_.size()});
        return true;
    }

    bool close() {
        const Container done = std::move(open_.back());
        open_.pop_back();
        std::vector<uint8_t> header;
        wire::MsgpackWriter writer(header);
        if (done.is_object) {
            writer.mapHeader(done.count);
        } else {
            writer.arrayHeader(done.count);
        }
        out_.insert(out_.begin() + static_cast<ptrdiff_t>(done.begins_at), header.begin(),
                    header.end());
        countElement();
        return true;
    }

    bool refuse(std::string why) {
        error_ = error_.empty() ? std::move(why) : error_;
        return false;
    }

    // Without the marks of the library in front: "[json...] parse error at ...: the reason".
    static std::string reasonOf(std::string_view text) {
        const size_t colon = text.find(": ");
        return std::string(colon == std::string_view::npos ? text : text.substr(colon + 2));
    }

    std::vector<uint8_t> out_;
    std::vector<Container> open_;
    std::string error_;
};

}  // namespace

base::Result<std::vector<uint8_t>> payloadFromJson(std::string_view json) {
    PayloadBuilder builder;
    const bool parsed = Json::sax_parse(json.begin(), json.end(), &builder);
    return builder.take(parsed);
}

}  // namespace evd::evctl
