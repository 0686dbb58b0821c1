#include "queryd/evctl/output/json_object.h"

#include "common/wire/msgpack_json.h"

namespace evd::evctl {

void JsonObject::text(std::string_view name, std::string_view value) {
    json(name, jsonText(value));
}

void JsonObject::json(std::string_view name, std::string_view value) {
    out_ += out_.size() == 1 ? "" : ",";
    wire::appendJsonText(name, out_);
    out_ += ':';
    out_ += value;
}

std::string jsonText(std::string_view text) {
    std::string out;
    wire::appendJsonText(text, out);
    return out;
}

}  // namespace evd::evctl
