"""The forms of the language, one function each: a form takes a writer and gives the text of a tame expression."""
