package flow

// FoldVersion says which Apply made a state. It is raised whenever a history can add up to another Job than before: Apply
// learns something, Job or one of its parts gets a field, or a list that is derived from it does. States that were stored by
// an older one are folded anew before commands are taken on them. TestFoldVersionIsRaised notices when it was forgotten.
const FoldVersion = 5
