#include "queryd/evctl/output/person_view.h"

#include "common/base/text.h"
#include "common/wire/msgpack.h"
#include "queryd/evctl/output/plain_text.h"

namespace evd::evctl {

namespace {

constexpr std::string_view kSyntheticPrefix = "synthetic.";

wire::MsgpackToken tokenOf(const FieldView& field) {
    wire::MsgpackReader reader(field.value);
    const auto token = reader.next();
    return token.ok() ? token.value() : wire::MsgpackToken{};
}

}  // namespace

bool isImpostor(std::span<const FieldView> fields) {
    const FieldView* type = findField(fields, "event_type");
    const FieldView* origin = findField(fields, "origin_class");
    if (type == nullptr || origin == nullptr || tokenOf(*origin).kind == wire::MsgpackKind::Nil) {
        return false;
    }
    return base::foldAscii(tokenOf(*type).bytes).starts_with(kSyntheticPrefix);
}

std::string personValue(const FieldView& field, TimeStyle style, const base::Clock& clock,
                        bool quoted) {
    const auto token = tokenOf(field);
    if (isTimeField(field.name) && token.kind == wire::MsgpackKind::Int) {
        return timeText(token.int_value, style, clock.wallNs());
    }
    return quoted ? quotedValue(field.value) : plainValue(field.value);
}

}  // namespace evd::evctl
