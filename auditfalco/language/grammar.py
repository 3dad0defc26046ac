r"""The grammar of conditions, and its words.

::

    condition   = or ;
    or          = and, { "or", ( blank | ahead "(" ), and } ;
    and         = not, { "and", ( blank | ahead "(" ), not } ;
    not         = { "not", ( blank | ahead "(" ) }, unit ;               (* pairs of "not" in a row cancel out *)
    unit        = "(", or, ")" | check | identifier ;                    (* an identifier alone names a macro *)
    check       = left, "exists"
                | left, number operator, ( number | right )
                | left, text operator, ( value | right )
                | left, text operator, blank, modifier, blank, ( list | identifier )
                | left, list operator, ( list | identifier | right ) ;
    left        = field | transform ;                                    (* "val" may not stand here *)
    right       = transform ;
    field       = name with a dot, [ "[", argument, "]" ] ;
    transform   = transformer, "(", item, { ",", item }, ")", [ "[", argument, "]" ]   (* "(" touches the name *)
                | "val", "(", field, ")" ;
    item        = transform | field | quoted | number | "(", [ part, { ",", part } ], ")" ;
    part        = transform | field | quoted | number ;
    list        = "(", [ value, { ",", value } ], ")" ;
    value       = quoted | bare ;
    argument    = quoted | argument without blanks, quotes and brackets ;
    bare        = one or more characters other than blanks ( ) " ' , = ;
    quoted      = '"', characters and escapes, '"' | "'", characters and escapes, "'" ;

Between any two parts there may be blanks: space, tab, backspace, carriage return and line feed. Words are lower case.
There are no comments. Inside quotes ``\b \f \n \r \t \\ \/``, the same quote and ``\xHH`` are escapes, a backslash
before a space stands for a backslash, and any other escape is an error; bare values have no escapes.

A text operator that is a word wants a blank or ``(`` after it; ``exists`` and the list operators want nothing.

Source: libsinsp's userspace/libsinsp/filter/parser.cpp and escaping.cpp, version 0.25.
"""

from __future__ import annotations

import re

BLANKS = " \t\b\r\n"
MODIFIERS = ("oneof", "anyof", "allof")
NUMBER_OPERATORS = ("<=", "<", ">=", ">")
TEXT_SYMBOLS = ("==", "=", "!=")
TEXT_WORDS = ("glob", "iglob", "contains", "icontains", "bcontains", "startswith", "bstartswith", "endswith", "regex")
TEXT_OPERATORS = TEXT_SYMBOLS + TEXT_WORDS
LIST_OPERATORS = ("intersects", "in", "pmatch")
OPERATORS = ("exists", *NUMBER_OPERATORS, *TEXT_OPERATORS, *LIST_OPERATORS)
TRANSFORMERS = ("val", "tolower", "toupper", "b64", "basename", "len", "join", "concat", "getopt")
MAX_DEPTH = 1000  # of parentheses
MAX_TRANSFORM_DEPTH = 100  # of transformers in transformers

BLANK = re.compile(r"[ \t\x08\r\n]*")
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)+")
TRANSFORM_OPEN = re.compile(rf"({'|'.join(TRANSFORMERS)})\(")
OPERATOR = re.compile(
    rf"exists|<=|<|>=|>|==|=|!=|(?:{'|'.join(TEXT_WORDS)})(?=[ \t\x08\r\n(])|{'|'.join(LIST_OPERATORS)}",
)
MODIFIER = re.compile(rf"({'|'.join(MODIFIERS)})[ \t\x08\r\n]+")
NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)")
BARE = re.compile(r"""[^()"'=, \t\x08\r\n\v\f]+""")
QUOTED = re.compile(r"""("|')((?:(?!\1)[^\\]|\\.)*)\1""", re.DOTALL)
ARGUMENT = re.compile(r"""[^ \t\x08\r\n\[\]"']+""")
