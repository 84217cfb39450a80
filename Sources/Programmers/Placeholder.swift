// Programmers
