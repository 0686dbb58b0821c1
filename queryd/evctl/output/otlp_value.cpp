#include "queryd/evctl/output/otlp_value.h"

#include "common/base/text.h"
#include "common/wire/msgpack.h"
#include "common/wire/msgpack_json.h"

#include <cmath>

namespace evd::evctl {

namespace {

using wire::MsgpackKind;
using wire::MsgpackReader;
using wire::MsgpackToken;

constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kNothing = "{}";

// Walks one value from its first token to its last.
class AnyValueWriter {
  public:
    AnyValueWriter(std::span<const uint8_t> bytes, std::string& out)
        : bytes_(bytes), reader_(bytes), out_(out) {}

    void value(uint32_t depth) {
        const auto token = reader_.next();
        if (!token.ok() || depth >= wire::kJsonDepthMax) {
            out_ += kNothing;  // records were checked when they came
            return;
        }
        switch (token.value().kind) {
            case MsgpackKind::Array:
                array(token.value().count, depth);
                return;
            case MsgpackKind::Map:
                map(token.value().count, depth);
                return;
            case MsgpackKind::Nil:
            case MsgpackKind::Boolean:
            case MsgpackKind::Int:
            case MsgpackKind::Uint:
            case MsgpackKind::Float:
            case MsgpackKind::Text:
            case MsgpackKind::Bytes:
            case MsgpackKind::Extension:
                scalar(token.value());
                return;
        }
    }

  private:
    void array(uint32_t count, uint32_t depth) {
        out_ += "{\"arrayValue\":{\"values\":[";
        for (uint32_t i = 0; i < count && !reader_.atEnd(); ++i) {
            out_ += i == 0 ? "" : ",";
            value(depth + 1);
        }
        out_ += "]}}";
    }

    void map(uint32_t pairs, uint32_t depth) {
        out_ += "{\"kvlistValue\":{\"values\":[";
        for (uint32_t i = 0; i < pairs && !reader_.atEnd(); ++i) {
            out_ += i == 0 ? "{\"key\":" : ",{\"key\":";
            wire::appendJsonText(key(), out_);
            out_ += ",\"value\":";
            value(depth + 1);
            out_ += '}';
        }
        out_ += "]}}";
    }

    // OTLP has text keys only; others are written as JSON.
    std::string key() {
        const size_t from = reader_.offset();
        MsgpackReader ahead = reader_;
        const auto token = ahead.next();
        (void)reader_.skip();  // what cannot be skipped ends the value
        if (token.ok() && token.value().kind == MsgpackKind::Text) {
            return base::toUtf8(token.value().bytes);
        }
        std::string text;
        wire::appendJson(bytes_.subspan(from, reader_.offset() - from), text);
        return text;
    }

    void string(std::string_view text) {
        out_ += "{\"stringValue\":";
        wire::appendJsonText(base::toUtf8(text), out_);
        out_ += '}';
    }

    void scalar(const MsgpackToken& token) {
        if (token.kind == MsgpackKind::Boolean) {
            out_ += base::cat("{\"boolValue\":", token.boolean, '}');
        } else if (token.kind == MsgpackKind::Int) {
            out_ += base::cat("{\"intValue\":\"", token.int_value, "\"}");
        } else if (token.kind == MsgpackKind::Uint) {
            string(base::cat(token.uint_value));
        } else if (token.kind == MsgpackKind::Float) {
            out_ += "{\"doubleValue\":";
            appendOtlpDouble(token.float_value, out_);
            out_ += '}';
        } else if (token.kind == MsgpackKind::Text) {
            string(token.bytes);
        } else if (token.kind == MsgpackKind::Nil) {
            out_ += kNothing;
        } else {
            out_ += base::cat("{\"bytesValue\":\"", base64(token.bytes), "\"}");
        }
    }

    std::span<const uint8_t> bytes_;
    MsgpackReader reader_;
    std::string& out_;
};

}  // namespace

void appendAnyValue(std::span<const uint8_t> value, std::string& out) {
    AnyValueWriter(value, out).value(0);
}

void appendAttribute(std::string_view key, std::span<const uint8_t> value, std::string& out) {
    out += "{\"key\":";
    wire::appendJsonText(base::toUtf8(key), out);
    out += ",\"value\":";
    appendAnyValue(value, out);
    out += '}';
}

void appendTextAttribute(std::string_view key, std::string_view text, std::string& out) {
    out += "{\"key\":";
    wire::appendJsonText(key, out);
    out += ",\"value\":{\"stringValue\":";
    wire::appendJsonText(text, out);
    out += "}}";
}

void appendOtlpDouble(double value, std::string& out) {
    if (std::isfinite(value)) {
        out += base::cat(value);
    } else {
        out += std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    }
}

std::string base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (size_t at = 0; at < bytes.size(); at += 3) {
        const size_t count = std::min<size_t>(3, bytes.size() - at);
        uint32_t group = 0;
        for (size_t i = 0; i < 3; ++i) {
            group = group << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
        }
        for (size_t i = 0; i < 4; ++i) {
            out += i <= count ? kBase64[group >> (18 - 6 * i) & 0x3F] : '=';
        }
    }
    return out;
}

}  // namespace evd::evctl
