"""Policy documents, parsed: what a statement says is never matched as text."""

from __future__ import annotations

from policy.reading import Reader, WrongTypeError

COMPONENT_INPUT = "iamStatements"
"""The input of a component that lists the statements of the policies it makes, as far as it knows
them: a policy document is unknown as a whole in a first preview, its actions are not."""


def statements(document: Reader | None) -> list[Reader]:
    """The statements of a policy document; a single one may stand without a list.

    Raises WrongTypeError for a document without statements, which AWS refuses.
    """
    if document is None:
        raise WrongTypeError("there is no policy document")
    found = document.one_or_more_parts("Statement")
    if not any(list(statement.names()) for statement in found):
        raise WrongTypeError("the policy document has no Statement")
    return found


def allowed(document: Reader | None) -> list[Reader]:
    """The statements that allow something: all but those whose effect is Deny."""
    return [found for found in statements(document) if found.text("Effect") != "Deny"]


def granted(props: Reader) -> list[Reader]:
    """What an identity policy allows, or a component that says what its policies will hold."""
    if COMPONENT_INPUT in list(props.names()):
        return [found for found in props.parts(COMPONENT_INPUT) if found.text("Effect") != "Deny"]
    return allowed(props.document("policy"))


def principals(statement: Reader, kind: str) -> list[str]:
    """The principals of one kind (`AWS`, `Service`); `*` alone stands for everybody."""
    if statement.is_text("Principal"):
        return statement.one_or_many("Principal")
    return statement.part("Principal").one_or_many(kind)


def conditions(statement: Reader) -> set[str]:
    """The keys that the statement's conditions look at, in lower case."""
    blocks = statement.part("Condition")
    return {
        key.lower() for operator in blocks.names() for key in blocks.part_named(operator).names()
    }
