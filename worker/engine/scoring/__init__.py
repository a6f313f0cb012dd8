"""What scores a bar beside the rules: which model is asked, by what name, and the labels that it learns from."""
